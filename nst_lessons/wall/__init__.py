"""Every photo in every style, on all cores, several GPUs or a cluster."""
