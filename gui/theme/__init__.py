"""How the window looks: colours, type, spacing; each stands here once."""
