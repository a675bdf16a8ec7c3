"""From a take to movement and sound, by VocalTractLab (extra `synth`), and corpora of takes."""
