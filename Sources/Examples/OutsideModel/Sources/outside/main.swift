import Recommenders
import TrainerCommands

RecommenderCatalogue.add(
    RecommenderEntry(
        name: "Prototype", summary: "what K learned prototypes find in the history",
        tensors: ModelTensors(items: "items.weight")
    ) {
        PrototypeRecommender($0, in: $1)
    })
for mistake in MistakenRecommender.Mistake.allCases {
    RecommenderCatalogue.add(
        RecommenderEntry(
            name: "Mistaken-\(mistake)", summary: "a model that does not fit: \(mistake)",
            tensors: ModelTensors(items: "items.weight")
        ) {
            MistakenRecommender(mistake, $0, in: $1)
        })
}
Trainer.start()
