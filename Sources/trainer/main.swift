import TrainerCommands

Trainer.start()
