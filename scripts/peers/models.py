"""All models by name."""

from general import BPRMF, LightGCN
from multi_interest import MIND, ComiRec, TiMiRec
from sequential import GRU4Rec, SASRec, TiSASRec, YouTube

MODELS = {model.__name__: model for model in (BPRMF, LightGCN, YouTube, GRU4Rec, SASRec, TiSASRec, MIND, ComiRec, TiMiRec)}
