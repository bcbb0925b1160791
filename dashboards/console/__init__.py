"""The built-in web console: read-only pages over the store, no build step, nothing from elsewhere."""
