variable "project_id" {
  type = string
}

variable "database" {
  description = "Its id."
  type        = string
}

variable "location" {
  description = "Where it lies, for good; events of it can be had there only."
  type        = string
}

variable "protect" {
  description = "Nobody deletes it by mistake."
  type        = bool
}

variable "indexes_file" {
  description = "infra/firestore.indexes.json: the one list of indexes, in firebase's format."
  type        = string
}

variable "rules_file" {
  description = "infra/firestore.rules"
  type        = string
}
