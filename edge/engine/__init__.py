"""Many messages at a time through the model: the door to llama.cpp, the KV cache, drafts, turns."""
