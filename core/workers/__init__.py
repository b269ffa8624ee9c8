"""QThread adapters: thin bridges from the Qt-free core to a window. QtCore only."""
