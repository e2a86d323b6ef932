"""Has this stretch of input been seen before, from somebody else? Sketches, their comparison, and the detector."""
