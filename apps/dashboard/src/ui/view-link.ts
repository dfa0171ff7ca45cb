/** Style of the links between the views of a page. The current one has `aria-current="page"`. */
export const viewLink =
  '-mb-px flex min-h-10 items-center border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-muted-foreground -outline-offset-2 hover:text-foreground aria-[current=page]:border-primary aria-[current=page]:text-foreground';
