"""This computer: GPUs, memory, disk, and which training runtime fits."""
