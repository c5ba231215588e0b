"""Bounding: what no plan can beat, and the proof that nothing keeps everything."""
