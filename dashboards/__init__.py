"""View: read-only pages and queries over the store."""
