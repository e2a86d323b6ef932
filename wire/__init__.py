"""The contract between client and collector. Standard library only; see SPEC.md."""
