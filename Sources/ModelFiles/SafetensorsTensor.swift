/// A type of the elements of a tensor in a safetensors file.
public enum SafetensorsElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8E4M3 = "F8_E4M3"
    case float8E5M2 = "F8_E5M2"
    case uint16 = "U16"
    case int16 = "I16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case uint32 = "U32"
    case int32 = "I32"
    case float32 = "F32"
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .bool, .uint8, .int8, .float8E4M3, .float8E5M2: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }
}

/// A Swift type that is written to a safetensors file as it lies in memory.
public protocol SafetensorsElement: BitwiseCopyable {
    /// The element type of a tensor that holds such numbers.
    static var safetensorsType: SafetensorsElementType { get }
}

extension Float: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .float32 } }
extension Double: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .float64 } }
extension UInt8: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .uint8 } }
extension Int32: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .int32 } }
extension Int64: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .int64 } }
extension UInt32: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .uint32 } }
extension UInt64: SafetensorsElement { public static var safetensorsType: SafetensorsElementType { .uint64 } }

/// Name, element type and shape of a tensor, and where it lies.
public struct SafetensorsTensor: Equatable, Sendable {
    /// The name in the header, which no other tensor of the file has.
    public let name: String
    /// The type of every element.
    public let type: SafetensorsElementType
    /// Sizes of the dimensions, the slowest first; empty for a single number.
    public let shape: [Int]
    /// Bytes from the start of the data section (which follows the header).
    public let bytes: Range<Int>

    /// Number of elements.
    public var count: Int { bytes.count / type.size }
}
