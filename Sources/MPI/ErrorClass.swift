internal import COpenMPI

/// The class of an error that the MPI library reported (`MPI_Error_class`): the portable part of an error code.
public struct ErrorClass: RawRepresentable, Hashable, Sendable {
    /// The number of the class in this MPI library.
    public let rawValue: Int32

    /// - Parameter rawValue: the number of a class in this MPI library, as `MPI_Error_class` gives it.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Invalid buffer pointer (`MPI_ERR_BUFFER`).
    public static let buffer = ErrorClass(rawValue: MPI_ERR_BUFFER)
    /// Invalid count (`MPI_ERR_COUNT`).
    public static let count = ErrorClass(rawValue: MPI_ERR_COUNT)
    /// Invalid datatype (`MPI_ERR_TYPE`).
    public static let datatype = ErrorClass(rawValue: MPI_ERR_TYPE)
    /// Invalid tag (`MPI_ERR_TAG`).
    public static let tag = ErrorClass(rawValue: MPI_ERR_TAG)
    /// Invalid communicator (`MPI_ERR_COMM`).
    public static let communicator = ErrorClass(rawValue: MPI_ERR_COMM)
    /// Invalid rank (`MPI_ERR_RANK`).
    public static let rank = ErrorClass(rawValue: MPI_ERR_RANK)
    /// Invalid request (`MPI_ERR_REQUEST`).
    public static let request = ErrorClass(rawValue: MPI_ERR_REQUEST)
    /// Invalid root (`MPI_ERR_ROOT`).
    public static let root = ErrorClass(rawValue: MPI_ERR_ROOT)
    /// Invalid operation of a reduction (`MPI_ERR_OP`).
    public static let operation = ErrorClass(rawValue: MPI_ERR_OP)
    /// Invalid argument of another kind (`MPI_ERR_ARG`).
    public static let argument = ErrorClass(rawValue: MPI_ERR_ARG)
    /// A message was longer than the buffer that received it (`MPI_ERR_TRUNCATE`).
    public static let truncated = ErrorClass(rawValue: MPI_ERR_TRUNCATE)
    /// Memory is exhausted (`MPI_ERR_NO_MEM`).
    public static let memory = ErrorClass(rawValue: MPI_ERR_NO_MEM)
    /// Invalid window (`MPI_ERR_WIN`).
    public static let window = ErrorClass(rawValue: MPI_ERR_WIN)
    /// Internal error of the library (`MPI_ERR_INTERN`).
    public static let `internal` = ErrorClass(rawValue: MPI_ERR_INTERN)
    /// Known error that has no class of its own (`MPI_ERR_OTHER`).
    public static let other = ErrorClass(rawValue: MPI_ERR_OTHER)
}
