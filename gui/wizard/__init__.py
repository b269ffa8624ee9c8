"""The wizard: the Qt-free flow and state, and the frame around the pages."""
