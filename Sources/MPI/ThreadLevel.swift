internal import COpenMPI

/// Which threads of a process may call MPI, in the order of what they allow.
public enum ThreadLevel: Int32, Comparable, Sendable, CaseIterable, CustomStringConvertible {
    /// The process has one thread.
    case single = 0
    /// Only the thread that initialized MPI calls it.
    case funneled = 1
    /// Any thread calls MPI, never two at once.
    case serialized = 2
    /// Any thread calls MPI at any time.
    case multiple = 3

    public static func < (left: ThreadLevel, right: ThreadLevel) -> Bool { left.rawValue < right.rawValue }

    public var description: String {
        switch self {
        case .single: "MPI_THREAD_SINGLE"
        case .funneled: "MPI_THREAD_FUNNELED"
        case .serialized: "MPI_THREAD_SERIALIZED"
        case .multiple: "MPI_THREAD_MULTIPLE"
        }
    }

    var mpiLevel: Int32 {
        switch self {
        case .single: Int32(MPI_THREAD_SINGLE)
        case .funneled: Int32(MPI_THREAD_FUNNELED)
        case .serialized: Int32(MPI_THREAD_SERIALIZED)
        case .multiple: Int32(MPI_THREAD_MULTIPLE)
        }
    }

    init(mpiLevel: Int32) {
        self = ThreadLevel.allCases.last { $0.mpiLevel <= mpiLevel } ?? .single
    }
}
