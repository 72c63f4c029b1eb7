"""What ``kiln doctor`` looks at: one module a subject, each a list of findings."""
