"""Files into memories: what a file holds (`loaders`), and the job that adds it (`job`)."""
