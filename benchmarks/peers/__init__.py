"""Other libraries under PyTorch's names, as far as the workloads need: one definition for all."""
