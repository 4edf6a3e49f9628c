internal import COpenMPI

/// A type whose values MPI moves: of fixed size, without references, with a datatype of MPI.
///
/// The fixed-width integers, `Int`, `UInt`, `Float`, `Double` and `Bool` conform. A structure of these is sent as bytes
/// through `UnsafeRawBufferPointer.bindMemory(to: UInt8.self)`, or conforms itself with the datatype of an integer of its size.
public protocol MPIDatatype: BitwiseCopyable, Sendable {
    /// The MPI datatype of one value.
    static var datatype: Datatype { get }
}

/// A predefined datatype of MPI.
public struct Datatype: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case int8, int16, int32, int64, uint8, uint16, uint32, uint64, float, double, bool
    }

    let kind: Kind

    /// `MPI_INT8_T`
    public static let int8 = Datatype(kind: .int8)
    /// `MPI_INT16_T`
    public static let int16 = Datatype(kind: .int16)
    /// `MPI_INT32_T`
    public static let int32 = Datatype(kind: .int32)
    /// `MPI_INT64_T`
    public static let int64 = Datatype(kind: .int64)
    /// `MPI_UINT8_T`
    public static let uint8 = Datatype(kind: .uint8)
    /// `MPI_UINT16_T`
    public static let uint16 = Datatype(kind: .uint16)
    /// `MPI_UINT32_T`
    public static let uint32 = Datatype(kind: .uint32)
    /// `MPI_UINT64_T`
    public static let uint64 = Datatype(kind: .uint64)
    /// `MPI_FLOAT`
    public static let float = Datatype(kind: .float)
    /// `MPI_DOUBLE`
    public static let double = Datatype(kind: .double)
    /// `MPI_C_BOOL`
    public static let bool = Datatype(kind: .bool)

    var handle: MPI_Datatype? {
        switch kind {
        case .int8: copenmpi_int8()
        case .int16: copenmpi_int16()
        case .int32: copenmpi_int32()
        case .int64: copenmpi_int64()
        case .uint8: copenmpi_uint8()
        case .uint16: copenmpi_uint16()
        case .uint32: copenmpi_uint32()
        case .uint64: copenmpi_uint64()
        case .float: copenmpi_float()
        case .double: copenmpi_double()
        case .bool: copenmpi_bool()
        }
    }
}

extension Int8: MPIDatatype { public static var datatype: Datatype { .int8 } }
extension Int16: MPIDatatype { public static var datatype: Datatype { .int16 } }
extension Int32: MPIDatatype { public static var datatype: Datatype { .int32 } }
extension Int64: MPIDatatype { public static var datatype: Datatype { .int64 } }
extension UInt8: MPIDatatype { public static var datatype: Datatype { .uint8 } }
extension UInt16: MPIDatatype { public static var datatype: Datatype { .uint16 } }
extension UInt32: MPIDatatype { public static var datatype: Datatype { .uint32 } }
extension UInt64: MPIDatatype { public static var datatype: Datatype { .uint64 } }
#if _pointerBitWidth(_64)
extension Int: MPIDatatype { public static var datatype: Datatype { .int64 } }
extension UInt: MPIDatatype { public static var datatype: Datatype { .uint64 } }
#else
extension Int: MPIDatatype { public static var datatype: Datatype { .int32 } }
extension UInt: MPIDatatype { public static var datatype: Datatype { .uint32 } }
#endif
extension Float: MPIDatatype { public static var datatype: Datatype { .float } }
extension Double: MPIDatatype { public static var datatype: Datatype { .double } }
extension Bool: MPIDatatype { public static var datatype: Datatype { .bool } }
