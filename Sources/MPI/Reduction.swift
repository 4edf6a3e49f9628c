internal import COpenMPI

/// How a reduction combines the values of the ranks, offered only for the element types that it is defined for.
///
/// The sum and the product of floating-point numbers depend on the order of the ranks and of the algorithm that the
/// library chooses: with another number of ranks the last bits differ.
public struct Reduction<Element: MPIDatatype>: Sendable {
    enum Kind: Sendable {
        case sum, product, minimum, maximum, logicalAnd, logicalOr, logicalXor, bitwiseAnd, bitwiseOr, bitwiseXor
    }

    let kind: Kind

    var handle: MPI_Op? {
        switch kind {
        case .sum: copenmpi_sum()
        case .product: copenmpi_prod()
        case .minimum: copenmpi_min()
        case .maximum: copenmpi_max()
        case .logicalAnd: copenmpi_land()
        case .logicalOr: copenmpi_lor()
        case .logicalXor: copenmpi_lxor()
        case .bitwiseAnd: copenmpi_band()
        case .bitwiseOr: copenmpi_bor()
        case .bitwiseXor: copenmpi_bxor()
        }
    }
}

extension Reduction where Element: Numeric {
    /// `MPI_SUM`; integers wrap around.
    public static var sum: Reduction { Reduction(kind: .sum) }
    /// `MPI_PROD`; integers wrap around.
    public static var product: Reduction { Reduction(kind: .product) }
}

extension Reduction where Element: Comparable {
    /// `MPI_MIN`
    public static var minimum: Reduction { Reduction(kind: .minimum) }
    /// `MPI_MAX`
    public static var maximum: Reduction { Reduction(kind: .maximum) }
}

extension Reduction where Element == Bool {
    /// `MPI_LAND`: true if the values of all ranks are.
    public static var logicalAnd: Reduction { Reduction(kind: .logicalAnd) }
    /// `MPI_LOR`: true if the value of any rank is.
    public static var logicalOr: Reduction { Reduction(kind: .logicalOr) }
    /// `MPI_LXOR`: true if the values of an odd number of ranks are.
    public static var logicalXor: Reduction { Reduction(kind: .logicalXor) }
}

extension Reduction where Element: FixedWidthInteger {
    /// `MPI_BAND`
    public static var bitwiseAnd: Reduction { Reduction(kind: .bitwiseAnd) }
    /// `MPI_BOR`
    public static var bitwiseOr: Reduction { Reduction(kind: .bitwiseOr) }
    /// `MPI_BXOR`
    public static var bitwiseXor: Reduction { Reduction(kind: .bitwiseXor) }
}
