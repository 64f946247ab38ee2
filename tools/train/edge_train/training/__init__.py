"""Train a LoRA adapter that reads device texts, and say how well it reads. Only some modules here import torch."""
