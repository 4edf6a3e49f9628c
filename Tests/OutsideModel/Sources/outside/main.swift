import Recommenders
import TrainerCommands

RecommenderCatalogue.add(
    RecommenderEntry(name: "Prototype", summary: "what K learned prototypes find in the history") {
        PrototypeRecommender($0, in: $1)
    })
Trainer.start()
