#ifndef FACET_CBUILD_H
#define FACET_CBUILD_H

/// The commit that the program was built from, with a + behind it where files were changed; empty where the build was
/// not told.
const char *facet_build_commit(void);

#endif
