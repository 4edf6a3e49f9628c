#include "CBuild.h"

const char *facet_build_commit(void) { return FACET_COMMIT; }
