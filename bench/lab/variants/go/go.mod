module items

go 1.21
