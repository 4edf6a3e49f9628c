internal import COpenMPI

/// What went wrong in a call of this module: the name of the MPI call, the reason, and a text for people.
///
///     do {
///         try world.send([1, 2, 3], to: 99)
///     } catch {
///         print(error.call, error.reason, error.message)
///         // MPI_Send library(code: 6, class: .rank) MPI_ERR_RANK: invalid rank
///     }
public struct MPIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reasons of a failure.
    public enum Reason: Hashable, Sendable {
        /// The MPI library returned `code`, which belongs to `class`.
        case library(code: Int32, class: ErrorClass)
        /// A number of elements does not fit the 32-bit counts of MPI 3.
        case countTooLarge(Int)
        /// Buffers, counts and displacements that were passed together contradict each other.
        case mismatchedArguments
        /// The operation did not complete in the time that the caller gave it.
        case timeout(Duration)
        /// The library grants less thread support than was asked for.
        case threadSupport(requested: ThreadLevel, provided: ThreadLevel)
        /// The call needs an MPI library that is initialized and not finalized, or one that is not yet initialized.
        case lifecycle
    }

    /// The MPI call that failed, as the standard spells it: `MPI_Alltoallv`.
    public let call: String
    /// Why it failed.
    public let reason: Reason
    /// The MPI library's own text (`MPI_Error_string`), or what this module found and what to do about it.
    public let message: String

    public var description: String { "\(call): \(message)" }

    init(call: StaticString, reason: Reason, message: String) {
        self.call = call.description
        self.reason = reason
        self.message = message
    }

    /// The error for what the library returned.
    init(code: Int32, call: StaticString) {
        var errorClass: Int32 = 0
        MPI_Error_class(code, &errorClass)
        let text = textFromLibrary(capacity: Int(MPI_MAX_ERROR_STRING)) { MPI_Error_string(code, $0, $1) }
        self.init(
            call: call, reason: .library(code: code, class: ErrorClass(rawValue: errorClass)),
            message: text ?? "error \(code)")
    }
}

/// Throws unless `code` says success.
@inline(__always)
func check(_ code: Int32, _ call: StaticString) throws(MPIError) {
    if code != MPI_SUCCESS { throw MPIError(code: code, call: call) }
}

/// `count` as MPI wants it.
@inline(__always)
func checkedCount(_ count: Int, _ call: StaticString) throws(MPIError) -> Int32 {
    guard let narrow = Int32(exactly: count), narrow >= 0 else { throw .uncountable(count, call) }
    return narrow
}

/// Rank, tag or root as MPI wants it. A number that does not fit becomes one that MPI refuses with its own error.
@inline(__always)
func narrowed(_ number: Int) -> Int32 {
    Int32(exactly: number) ?? Int32.min
}

/// A text that an MPI function writes into a buffer of at most `capacity` characters.
func textFromLibrary(
    capacity: Int, _ write: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { characters in
        characters.initialize(repeating: 0)
        guard let base = characters.baseAddress else { return nil }
        var length: Int32 = 0
        guard write(base, &length) == MPI_SUCCESS else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: base, count: Int(length)), as: UTF8.self)
    }
}

extension MPIError {
    static func uncountable(_ count: Int, _ call: StaticString) -> MPIError {
        MPIError(
            call: call, reason: .countTooLarge(count),
            message: """
                \(count) elements do not fit a 32-bit count
                pass at most \(Int32.max) elements at once, in several calls if there are more
                """)
    }

    static func mismatch(_ call: StaticString, _ message: String) -> MPIError {
        MPIError(call: call, reason: .mismatchedArguments, message: message)
    }
}
