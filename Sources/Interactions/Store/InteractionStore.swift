import FileIO
import KernelCore

/// A data set in one binary file, `interactions.facet`, that is mapped into memory: converted once, read at once.
///
/// Training from it is the training from what it was made of, bit by bit: the same numbers, times, negatives and ids, in
/// the same order. All ranks of a machine share one copy of its rows. Its layout is on the page of this module.
public enum InteractionStore {
    /// The name by which a data set's folder is known to hold a store.
    public static let fileName = "interactions.facet"

    /// Writes a data set to `path`, which appears complete or not at all.
    ///
    /// - Parameter provenance: how it was made, as JSON.
    public static func write(
        _ dataset: InteractionDataset, to path: String, provenance: String = "{}"
    ) throws(DatasetError) {
        let sections = StoreSections(dataset, provenance: provenance)
        var header = StoreHeader()
        header.hasTimes = dataset.hasTimes
        (header.userCount, header.itemCount) = (dataset.userCount, dataset.itemCount)
        (header.trainCount, header.devCount, header.testCount) = (
            dataset.train.count, dataset.dev.count, dataset.test.count
        )
        header.devNegatives = dataset.dev.negativesPerRow ?? 0
        header.testNegatives = dataset.test.negativesPerRow ?? 0
        header.layOut(lengths: StoreHeader.Section.allCases.map { section in sections.withBytes(section) { $0.count } })
        for section in StoreHeader.Section.allCases {
            header[section].checksum = sections.withBytes(section) { bytes in
                var checksum = Checksum()
                checksum.update(bytes)
                return checksum.value
            }
        }
        try asDatasetError { () throws(FileError) in
            let file = try AtomicFile(replacing: path)
            try file.write(header.bytes)
            var written = StoreHeader.size
            for section in StoreHeader.Section.allCases {
                let entry = header[section]
                try file.write([UInt8](repeating: 0, count: entry.offset - written))
                try sections.withBytes(section) { bytes in
                    Result { () throws(FileError) in try file.write(bytes) }
                }.get()
                written = entry.range.upperBound
            }
            try file.commit()
        }
    }

    /// How the store at `path` was made, as the JSON that it was written with.
    public static func provenance(at path: String) throws(DatasetError) -> String {
        let store = try StoreFile(path: path)
        try store.verify()
        return store.provenance
    }
}
