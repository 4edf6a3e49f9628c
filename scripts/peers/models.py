"""All models by name."""

from multi_interest import MIND, ComiRec, TiMiRec

MODELS = {"ComiRec": ComiRec, "MIND": MIND, "TiMiRec": TiMiRec}
