import Foundation
import Interactions
import Testing

@Suite struct ReChorusFormatTests {
    @Test func `all columns are read`() throws {
        let folder = try ReChorusFiles().write()
        let dataset = try folder.load()
        #expect(dataset.train.users == [1, 1, 1, 2, 2, 3])
        #expect(dataset.train.items == [1, 2, 3, 2, 4, 5])
        #expect(dataset.train.times == [10, 20, 30, 10, 20, 15])
        #expect(dataset.dev.items == [4, 1, 1])
        #expect(dataset.dev.negatives == [5, 6, 3, 5, 2, 2])
        #expect(dataset.test.negatives == [6, 7, 1, 6, 6, 4])
        #expect(dataset.negativesPerRow == 2)
        #expect(dataset.userCount == 3)
        #expect(dataset.itemCount == 7, "the negatives count")
        #expect(dataset.hasTimes)
        #expect(dataset.name == URL(filePath: folder.path).lastPathComponent)
    }

    @Test func `without neg_items all items are ranked`() throws {
        var files = ReChorusFiles()
        files.dev = ["user_id\titem_id\ttime", "1\t4\t40"]
        files.test = ["user_id\titem_id\ttime", "1\t5\t50"]
        let dataset = try files.write().load()
        #expect(dataset.negativesPerRow == nil)
        #expect(dataset.dev.negatives.isEmpty)
    }

    @Test(arguments: ["user_id\titem_id\ttime\tneg_items", "user_id\titem_id\ttime"])
    func `dev may be without rows, for a training on everything`(header: String) throws {
        var files = ReChorusFiles()
        files.dev = [header]
        let dataset = try files.write().load()
        #expect(dataset.dev.count == 0 && dataset.negativesPerRow == 2)
        let (_, store) = try dataset.wholeStore()
        #expect(store.negativesPerRow == 2)
    }

    @Test func `columns may be in any order and among others`() throws {
        var files = ReChorusFiles()
        files.train = ["rating\ttime\titem_id\tuser_id\tnote", "5\t10\t1\t1\tgood", "4\t20\t2\t1\t"]
        files.dev = ["neg_items\ttime\tuser_id\titem_id", "[5, 6]\t40\t1\t4"]
        let dataset = try files.write().load()
        #expect(dataset.train.users == [1, 1])
        #expect(dataset.train.items == [1, 2])
        #expect(dataset.train.times == [10, 20])
        #expect(dataset.dev.negatives == [5, 6])
        #expect(dataset.dev.items == [4])
        #expect(dataset.warnings.count == 1)
        #expect(
            dataset.warnings.first?.contains(": columns without a use in train.csv: \"rating\", \"note\"\n") == true)
    }

    @Test func `columns without a use are named once`() throws {
        var files = ReChorusFiles()
        for part in [\ReChorusFiles.train, \.dev, \.test] {
            files[keyPath: part] = files[keyPath: part].enumerated().map { $1 + ($0 == 0 ? "\trating" : "\t5") }
        }
        files.train = files.train.enumerated().map { $1 + ($0 == 0 ? "\tneg_items" : "\t[1]") }
        let folder = try files.write()
        try folder.write("item_meta.csv", "item_id\ti_price\n" + (1...7).map { "\($0)\t1.5\n" }.joined())
        let warnings = try folder.load().warnings
        #expect(
            warnings == [
                "\(folder.path): columns without a use in item_meta.csv, train.csv, dev.csv, test.csv: \"i_price\", "
                    + "\"rating\", \"neg_items\"\nread are item_id, user_id, time, and neg_items in dev and test"
            ])
        #expect(try ReChorusFiles().write().load().warnings.isEmpty)
    }

    @Test func `line ends of Windows and a byte order mark make no difference`() throws {
        let plain = try ReChorusFiles().write().load()
        var files = ReChorusFiles()
        files.lineEnd = "\r\n"
        files.train[0] = "\u{feff}" + files.train[0]
        files.dev[0] = "\u{feff}" + files.dev[0]
        let dataset = try files.write().load()
        #expect(dataset.train.items == plain.train.items)
        #expect(dataset.dev.negatives == plain.dev.negatives)
        #expect(dataset.test.negatives == plain.test.negatives)
    }

    @Test func `blank lines, missing last line end, spaces in lists and integral floats are accepted`() throws {
        var files = ReChorusFiles()
        files.train += ["", "  ", "3\t6\t1149206400.0", "", ""]
        files.dev[1] = "1\t4\t40.00\t[ 5 ,6 ]"
        let folder = try files.write()
        try folder.write("test.csv", files.test.joined(separator: "\n"))
        let dataset = try folder.load()
        #expect(dataset.train.count == 7)
        #expect(dataset.train.times.last == 1_149_206_400)
        #expect(dataset.dev.negatives == [5, 6, 3, 5, 2, 2])
        #expect(dataset.test.count == 3)
    }

    @Test func `times may be negative, large and equal`() throws {
        var files = ReChorusFiles()
        files.train = ["user_id\titem_id\ttime", "1\t1\t-86400", "1\t2\t9223372036854775807", "1\t3\t-86400"]
        #expect(try files.write().load().train.times == [-86_400, .max, -86_400])
    }

    @Test func `bytes that are not UTF-8 do not matter in columns that are not read`() throws {
        let folder = try ReChorusFiles().write()
        let header = Array("user_id\titem_id\ttime\tname\n1\t1\t10\t".utf8)
        try folder.write("train.csv", bytes: header + [0xff, 0xfe, 0xc3] + Array("\n1\t2\t20\tx\n".utf8))
        #expect(try folder.load().train.items == [1, 2])
    }

    @Test func `the catalogue of item_meta sets the number of items`() throws {
        let folder = try ReChorusFiles().write()
        try folder.write("item_meta.csv", "i_category\titem_id\n4\t12\n" + (1...7).map { "3\t\($0)\n" }.joined())
        let dataset = try folder.load()
        #expect(dataset.itemCount == 8)
        #expect(dataset.itemIds.id(of: 8) == 12)
    }

    @Test func `a data set that was written is read as it was`() throws {
        let dataset = try ReChorusFiles().write().load()
        let folder = try TemporaryFolder()
        try dataset.write(to: folder.file("deep/er"))
        let again = try InteractionDataset.load(folder: folder.file("deep/er"))
        #expect(again.train.users == dataset.train.users)
        #expect(again.train.times == dataset.train.times)
        #expect(again.dev.items == dataset.dev.items)
        #expect(again.test.negatives == dataset.test.negatives)
    }
}
