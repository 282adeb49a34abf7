"""Who is who: which names stand for one entity."""
