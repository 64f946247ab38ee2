"""Merge a LoRA adapter into its base and write the quantized GGUF that the daemon runs."""
