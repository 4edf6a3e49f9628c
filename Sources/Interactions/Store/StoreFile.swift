import KernelCore

/// A binary store that is mapped and whose header is sound.
struct StoreFile {
    let path: String
    let header: StoreHeader
    private let file: MappedFile

    init(path: String) throws(DatasetError) {
        self.path = path
        file = try MappedFile(path: path)
        do throws(StoreHeader.Fault) { header = try StoreHeader(parsing: file.bytes) } catch {
            throw DatasetError(
                .invalid, file: path, problem: error.problem, recoverySuggestion: error.recoverySuggestion)
        }
    }

    /// What tells this store from others.
    var origin: StoreOrigin { StoreOrigin(path: path, header: Checksum.of(header.bytes)) }

    /// Refuses sections whose checksums are others.
    func verify() throws(DatasetError) {
        for section in StoreHeader.Section.allCases {
            var checksum = Checksum()
            checksum.update(UnsafeRawBufferPointer(rebasing: file.bytes[header[section].range]))
            guard checksum.value == header[section].checksum else {
                throw failure("its section \(section) is damaged: the checksum is another one")
            }
        }
    }

    /// Everything in it.
    ///
    /// - Parameter isTrusted: whether another process has checked ids and numbers.
    func contents(isTrusted: Bool) throws(DatasetError) -> SplitInteractions {
        let split = SplitInteractions(
            train: table(header.trainCount, [.trainUsers, .trainItems], .trainTimes, nil, 0),
            dev: table(header.devCount, [.devUsers, .devItems], .devTimes, .devNegatives, header.devNegatives),
            test: table(header.testCount, [.testUsers, .testItems], .testTimes, .testNegatives, header.testNegatives),
            hasTimes: header.hasTimes,
            userIds: try vocabulary("users", header.userCount, .userIds, .userOffsets, .userBytes, isTrusted),
            itemIds: try vocabulary("items", header.itemCount, .itemIds, .itemOffsets, .itemBytes, isTrusted))
        if !isTrusted { try split.checkNumbers() }
        return split
    }

    /// How it was made, as JSON.
    var provenance: String { String(decoding: file.bytes[header[.provenance].range], as: UTF8.self) }

    private func column<Element>(_ section: StoreHeader.Section) -> Column<Element> {
        Column(file, header[section].range)
    }

    private func table(
        _ count: Int, _ numbers: [StoreHeader.Section], _ times: StoreHeader.Section,
        _ negatives: StoreHeader.Section?, _ width: Int
    ) -> InteractionTable {
        InteractionTable(
            file: path, users: column(numbers[0]), items: column(numbers[1]), times: column(times),
            negatives: negatives.map(column) ?? [], negativesPerRow: width > 0 ? width : nil)
    }

    private func vocabulary(
        _ noun: String, _ count: Int, _ ids: StoreHeader.Section, _ offsets: StoreHeader.Section,
        _ bytes: StoreHeader.Section, _ isTrusted: Bool
    ) throws(DatasetError) -> Vocabulary {
        // Copies: they are needed for longer than the rows.
        if header[offsets].length > 0 {
            let text = Array(column(bytes) as Column<UInt8>)
            let starts = Array(column(offsets) as Column<Int64>)
            if isTrusted { return .named(NamedIds(trusted: text, offsets: starts)) }
            do throws(NamedIdFault) { return .named(try NamedIds(bytes: text, offsets: starts)) } catch {
                throw failure("its ids of \(noun) are damaged: \(error)")
            }
        }
        guard header[ids].length > 0 else { return .numbered(count) }
        let listed = Array(column(ids) as Column<Int64>)
        guard isTrusted || listed[0] >= 1 && zip(listed, listed.dropFirst()).allSatisfy(<) else {
            throw failure("its ids of \(noun) do not ascend from 1")
        }
        return Vocabulary(ascending: listed)
    }

    private func failure(_ problem: String) -> DatasetError {
        DatasetError(.invalid, file: path, problem: problem, recoverySuggestion: StoreHeader.writeAgain)
    }
}

/// Where the columns of a data set lie, for other processes that map them.
struct StoreOrigin: Sendable, Hashable, Codable {
    let path: String
    /// CRC-32C of the header, in which the checksums of all sections stand.
    let header: UInt32
}
