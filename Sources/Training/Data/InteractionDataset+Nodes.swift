import Foundation
import Interactions
import MPI

extension InteractionDataset {
    /// Loads a data set once on every node: by the first rank there, which hands it to the others. Collective over
    /// `world`.
    ///
    /// - Parameter load: called on one rank of every node; its error ends all ranks.
    /// - Throws: ``TrainingError`` where the nodes have found different data.
    static func loadedOncePerNode(
        world: Communicator, _ load: () throws -> InteractionDataset
    ) throws -> InteractionDataset {
        let node = try world.splitBySharedMemory(key: world.rank)
        let loaded = try world.collectively { node.rank == 0 ? try load() : nil }
        let dataset = try shared(loaded, on: node, world: world)
        try dataset.checkSameOnAllNodes(world, isReader: node.rank == 0)
        return dataset
    }

    /// The data set of the first rank, on all ranks of a node: mapped by each of them where it lies in a store, handed
    /// out otherwise. Collective over `node` and `world`.
    private static func shared(
        _ loaded: InteractionDataset?, on node: Communicator, world: Communicator
    ) throws -> InteractionDataset {
        let encoded = try loaded.map { try JSONEncoder().encode($0.header) } ?? Data()
        let header = try JSONDecoder().decode(
            Header.self, from: Data(try node.broadcast([UInt8](encoded), from: 0)))
        let mapped = try world.collectively {
            loaded == nil && header.isMapped ? try InteractionDataset(mapping: header) : nil
        }
        return try mapped ?? handedOut(loaded, header, on: node)
    }

    /// The data set of the first rank, on all ranks of a node that have none yet. Collective over `node`.
    private static func handedOut(
        _ loaded: InteractionDataset?, _ header: Header, on node: Communicator
    ) throws -> InteractionDataset {
        if let loaded, node.size == 1 || header.isMapped { return loaded }
        if let loaded {
            try loaded.forEachColumn(
                numbers: { try node.broadcastColumn($0) }, wide: { try node.broadcastColumn($0) },
                bytes: { try node.broadcastColumn($0) })
            return loaded
        }
        return try InteractionDataset(
            header, numbers: { try node.receiveColumn(count: $0) }, wide: { try node.receiveColumn(count: $0) },
            bytes: { try node.receiveColumn(count: $0) })
    }

    /// Throws where a node reads other files than the first one, such as an old copy on a disk of its own.
    private func checkSameOnAllNodes(_ world: Communicator, isReader: Bool) throws {
        let own = Int(isReader ? DatasetFingerprint(self).checksum : 0)
        let checksums = try world.allGather(own)
        try world.collectively {
            guard isReader, own != checksums[0] else { return }
            throw TrainingError(
                .data, "\(folder): \(ProcessInfo.processInfo.hostName) has other data there than the node of rank 0",
                recoverySuggestion: "give all nodes the same files, best in a folder that they share")
        }
    }
}

extension Communicator {
    /// MPI counts elements in 32 bits.
    private static let columnPart = 1 << 28

    /// Hands a column of the first rank to those that call ``receiveColumn(count:)``.
    fileprivate func broadcastColumn<Element: MPIDatatype>(_ column: UnsafeBufferPointer<Element>) throws(MPIError) {
        // The first rank's elements are only read.
        try broadcastInParts(UnsafeMutableBufferPointer(mutating: column))
    }

    fileprivate func receiveColumn<Element: MPIDatatype>(count: Int) throws -> [Element] {
        try [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            try broadcastInParts(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initializedCount = count
        }
    }

    private func broadcastInParts<Element: MPIDatatype>(
        _ buffer: UnsafeMutableBufferPointer<Element>
    ) throws(MPIError) {
        var start = 0
        while start < buffer.count {
            let end = min(start + Self.columnPart, buffer.count)
            try broadcast(UnsafeMutableBufferPointer(rebasing: buffer[start..<end]), from: 0)
            start = end
        }
    }
}
