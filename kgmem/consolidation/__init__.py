"""Work for when nobody asks: what can be made of beliefs, and what may be forgotten."""
