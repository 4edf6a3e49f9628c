#ifndef COPENMPI_SHIM_H
#define COPENMPI_SHIM_H

// The C++ bindings are not wanted, whichever way Open MPI was configured.
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

// Swift does not import macros that cast, so the handles that mpi.h defines that way are functions here.

#define COPENMPI_CONSTANT(type, name, value) \
    static inline __attribute__((always_inline)) type name(void) { return value; }

COPENMPI_CONSTANT(MPI_Comm, copenmpi_comm_world, MPI_COMM_WORLD)
COPENMPI_CONSTANT(MPI_Comm, copenmpi_comm_self, MPI_COMM_SELF)
COPENMPI_CONSTANT(MPI_Comm, copenmpi_comm_null, MPI_COMM_NULL)
COPENMPI_CONSTANT(MPI_Info, copenmpi_info_null, MPI_INFO_NULL)
COPENMPI_CONSTANT(MPI_Request, copenmpi_request_null, MPI_REQUEST_NULL)
COPENMPI_CONSTANT(MPI_Message, copenmpi_message_null, MPI_MESSAGE_NULL)
COPENMPI_CONSTANT(MPI_Win, copenmpi_win_null, MPI_WIN_NULL)
COPENMPI_CONSTANT(MPI_Errhandler, copenmpi_errors_return, MPI_ERRORS_RETURN)
COPENMPI_CONSTANT(void *, copenmpi_in_place, MPI_IN_PLACE)
COPENMPI_CONSTANT(MPI_Status *, copenmpi_status_ignore, MPI_STATUS_IGNORE)

COPENMPI_CONSTANT(MPI_Datatype, copenmpi_byte, MPI_BYTE)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_int8, MPI_INT8_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_int16, MPI_INT16_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_int32, MPI_INT32_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_int64, MPI_INT64_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_uint8, MPI_UINT8_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_uint16, MPI_UINT16_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_uint32, MPI_UINT32_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_uint64, MPI_UINT64_T)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_float, MPI_FLOAT)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_double, MPI_DOUBLE)
COPENMPI_CONSTANT(MPI_Datatype, copenmpi_bool, MPI_C_BOOL)

COPENMPI_CONSTANT(MPI_Op, copenmpi_sum, MPI_SUM)
COPENMPI_CONSTANT(MPI_Op, copenmpi_prod, MPI_PROD)
COPENMPI_CONSTANT(MPI_Op, copenmpi_min, MPI_MIN)
COPENMPI_CONSTANT(MPI_Op, copenmpi_max, MPI_MAX)
COPENMPI_CONSTANT(MPI_Op, copenmpi_land, MPI_LAND)
COPENMPI_CONSTANT(MPI_Op, copenmpi_lor, MPI_LOR)
COPENMPI_CONSTANT(MPI_Op, copenmpi_lxor, MPI_LXOR)
COPENMPI_CONSTANT(MPI_Op, copenmpi_band, MPI_BAND)
COPENMPI_CONSTANT(MPI_Op, copenmpi_bor, MPI_BOR)
COPENMPI_CONSTANT(MPI_Op, copenmpi_bxor, MPI_BXOR)

#undef COPENMPI_CONSTANT
#endif
