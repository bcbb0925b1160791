"""The built-in web console: read-only pages over the store, without a build step and without anything from elsewhere."""
