"""HTTP resources, one file each. Every file declares its operations; routes and OpenAPI come from the same declaration."""
