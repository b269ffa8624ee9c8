"""What outside tools print, as events: pure, one line in, events out."""
