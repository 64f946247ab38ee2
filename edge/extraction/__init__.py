"""From a text to an extraction and its judgement: prompt, grammar, guess, places, spans, units, validation."""
