"""Who is who, and what replaces what."""
