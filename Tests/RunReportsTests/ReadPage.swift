import Foundation
import FoundationXML

/// A page, read by a parser of XML: elements with their texts and attributes.
final class ReadPage: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""
        /// Names of the elements around it, the outermost first.
        let path: [String]
    }

    /// In the order in which they begin.
    private(set) var elements: [Element] = []
    private var open: [Int] = []

    /// - Throws: where the page is not well-formed.
    init(_ html: String) throws {
        super.init()
        let parser = XMLParser(data: Data(html.utf8))
        parser.delegate = self
        guard parser.parse() else {
            throw Malformed(line: parser.lineNumber, reason: "\(String(describing: parser.parserError))")
        }
    }

    struct Malformed: Error { let line: Int, reason: String }

    /// All elements of a name.
    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    /// The texts of the rows of all tables, cell by cell.
    var rows: [[String]] {
        var rows: [[String]] = []
        for element in elements {
            if element.name == "tr" { rows.append([]) }
            if element.name == "td" || element.name == "th", !rows.isEmpty { rows[rows.count - 1].append(element.text) }
        }
        return rows
    }

    /// The numbers behind the cells of the row that begins with a text.
    func numbers(ofRow title: String) -> [Double] {
        var (isIn, found): (Bool, [Double]) = (false, [])
        for element in elements {
            if element.name == "th", element.attributes["scope"] == "row" { isIn = element.text == title }
            if isIn, element.name == "data" { found.append(Double(element.attributes["value"] ?? "") ?? .nan) }
        }
        return found
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements.append(Element(name: name, attributes: attributes, path: open.map { elements[$0].name }))
        open.append(elements.count - 1)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        // The text of an element is that of the elements in it too.
        for index in open { elements[index].text += text }
    }
}
