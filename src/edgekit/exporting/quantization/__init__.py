"""What int8 needs: ranges from calibration images, corrected biases, and the layers that lose most."""
