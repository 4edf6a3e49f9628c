import Differentiation
import Recommenders

extension Objective {
    /// The ranking loss of the hardest interest, what models are trained for if nothing else is asked for.
    static var ranking: Objective {
        Objective(
            ObjectiveOptions(), ModelContext(ModelOptions(), userCount: 1, itemCount: 1), in: ParameterLayout().root)
    }
}
