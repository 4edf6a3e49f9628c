/// The part of a data set that an interaction belongs to.
public enum Split: UInt8, Sendable {
    case train = 0
    case dev = 1
    case test = 2
}
