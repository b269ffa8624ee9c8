"""What a person chooses: the project and the settings of this computer."""
