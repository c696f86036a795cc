variable "project_id" {
  type = string
}

variable "name" {
  type = string
}

variable "protect" {
  type = bool
}

variable "readers" {
  description = "Who may read it: IAM principals by a name of their own."
  type        = map(string)
}
