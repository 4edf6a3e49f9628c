import FileIO

/// A file of options that has groups and lists, such as the space of a search: ``OptionText`` and what of YAML is needed
/// beside it.
///
///     method: halving
///     epochs: {first: 2, factor: 3, most: 54}     # a group on one line
///     search:                                     # or with a line for each member
///       lr: {log-uniform: [1e-4, 1e-2]}
///       layers: [1, 2, 3]                         # a list on one line
///       dropout:                                  # or with a line for each element
///         - 0
///         - 0.2
///
/// Groups and lists on one line end on that line. Anchors, tags, values over several lines and everything else of YAML
/// are refused, as in ``OptionText``: reading takes time in proportion to the file.
package struct OptionTree: Equatable, Sendable {
    /// What stands there.
    package enum Content: Equatable, Sendable {
        /// A word, a number or a text; nil: `null` or nothing.
        case scalar(String?)
        /// Elements in their order.
        case list([OptionTree])
        /// Members in their order, no name twice.
        case group([Member])
    }

    /// A named part of a group.
    package struct Member: Equatable, Sendable {
        /// As it stands there, without quotation marks.
        package let name: String
        /// What the name stands for.
        package let tree: OptionTree
        /// Line of the name, from 1.
        package let line: Int

        /// - Parameters:
        ///   - name: as it stands there, without quotation marks.
        ///   - tree: what the name stands for.
        ///   - line: of the name, from 1.
        package init(name: String, tree: OptionTree, line: Int) {
            self.name = name
            self.tree = tree
            self.line = line
        }
    }

    /// What stands there.
    package let content: Content
    /// Line where it begins, from 1.
    package let line: Int

    /// - Parameters:
    ///   - content: what stands there.
    ///   - line: where it begins, from 1.
    package init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// Groups and lists in each other, at most.
    static let deepest = 8

    /// The group of a text in UTF-8.
    package init(parsing bytes: [UInt8]) throws(OptionError) {
        var scanner = try TreeScanner(try OptionText.text(of: bytes))
        self = try scanner.file()
    }

    /// The group of a file.
    package init(contentsOf path: String) throws { try self.init(parsing: try OptionText.bytes(of: path)) }

    /// The members of a group; nil for what is none.
    package var members: [Member]? {
        if case .group(let members) = content { members } else { nil }
    }

    /// The elements of a list; nil for what is none.
    package var elements: [OptionTree]? {
        if case .list(let elements) = content { elements } else { nil }
    }

    /// The text of a scalar; nil for what is none, and for nothing.
    package var text: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    /// The text of a scalar, or those of a list of scalars with commas between them, as options have it: `[5, 10]` is
    /// `5,10`. Nil for anything else.
    package var optionText: String? {
        guard let elements else { return text }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count && !texts.isEmpty ? texts.joined(separator: ",") : nil
    }

    /// The member called so.
    package subscript(name: String) -> OptionTree? { members?.first { $0.name == name }?.tree }
}
