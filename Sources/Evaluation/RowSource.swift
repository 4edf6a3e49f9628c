import MPI

/// Brings rows of the tables of items and users to a rank that does not keep them.
///
///     source.want(items: ids, count: n)      as often as needed, on each rank those that it reads
///     try source.fetch()                     all ranks together
///
/// What was fetched is at its place in the tables until the next fetch.
public protocol RowSource {
    /// The rows of the table of items that this rank keeps: those of all ranks, in their order, are all rows.
    var keptItems: Range<Int> { get }

    /// Asks for rows of the table of items.
    func want(items: UnsafePointer<Int32>, count: Int)

    /// Asks for rows of the table of users; nothing where the model knows none.
    func want(users: UnsafePointer<Int32>, count: Int)

    /// Brings the rows here that were asked for, and gives other ranks those that they ask for. Collective.
    func fetch() throws(MPIError)
}
