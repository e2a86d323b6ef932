"""How the timing model is fitted: windows drawn, presses, pointer, curves with their calibration."""
