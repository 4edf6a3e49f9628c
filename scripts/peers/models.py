"""All models by name."""

from bam import BaMComiRec, BaMMIND
from general import BPRMF, LightGCN
from multi_interest import MIND, ComiRec, TiMiRec
from sequential import GRU4Rec, SASRec, TiSASRec, YouTube

_ALL = (BPRMF, LightGCN, YouTube, GRU4Rec, SASRec, TiSASRec, MIND, ComiRec, TiMiRec, BaMComiRec, BaMMIND)
MODELS = {model.__name__: model for model in _ALL}
