import Differentiation

extension GradientView {
    /// The derivatives by the names of the parameters; 0 in rows of tables that no sample has touched.
    func derivatives(of layout: ParameterLayout) -> [String: [Double]] {
        var derivatives: [String: [Double]] = [:]
        for specification in layout.specifications {
            let parameter = specification.parameter
            var own = [Double](repeating: 0, count: parameter.count)
            if let table = parameter.tableIndex {
                for entry in 0..<rowCount(table) {
                    let touched = entries(table)[entry]
                    for column in 0..<parameter.columns {
                        own[Int(touched.row) * parameter.columns + column] =
                            Double(row(table, slot: touched.slot)[column])
                    }
                }
            } else {
                for index in 0..<parameter.count { own[index] = Double(dense[parameter.offset + index]) }
            }
            derivatives[specification.name] = own
        }
        return derivatives
    }
}
